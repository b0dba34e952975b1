# rule: grammar
trap { continue }
