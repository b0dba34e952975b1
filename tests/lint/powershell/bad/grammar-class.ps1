# rule: grammar
class Pool { [string]$name }
