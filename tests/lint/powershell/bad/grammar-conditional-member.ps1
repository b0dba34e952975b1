# rule: grammar
$one = ${two}?.Length
