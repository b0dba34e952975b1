# rule: grammar
function Close-It { end { $one = 1 } clean { $one = 2 } }
