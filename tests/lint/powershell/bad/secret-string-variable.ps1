# rule: secret-string
$password = 'x'
$text = "is $password"
