# rule: uncaptured
function Set-It($one) { if ($one) { $one.Length } }
