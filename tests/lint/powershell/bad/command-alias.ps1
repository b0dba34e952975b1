# rule: command
iex '1'
