# rule: uncaptured
'hello'
