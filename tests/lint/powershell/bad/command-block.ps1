# rule: command
$block = { $one = 1 }
& $block
