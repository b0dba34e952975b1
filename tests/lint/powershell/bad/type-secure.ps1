# rule: type
function Read-It([SecureString]$text) { $one = $text }
