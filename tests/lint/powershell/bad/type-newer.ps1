# rule: member, type
$day = [DateOnly]::new(2026, 1, 1)
