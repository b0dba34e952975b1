# rule: variable
$script:count = 1
