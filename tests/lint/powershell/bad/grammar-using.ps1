# rule: grammar
using namespace System.Text
$one = 1
