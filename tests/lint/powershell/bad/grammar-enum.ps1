# rule: grammar
enum Word { One; Two }
