# rule: syntax
function Read-This {
