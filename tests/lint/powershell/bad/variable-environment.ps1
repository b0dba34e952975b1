# rule: variable
$root = $env:SystemRoot
