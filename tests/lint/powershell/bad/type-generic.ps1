# rule: member, type
$list = [Collections.Generic.Queue[string]]::new()
