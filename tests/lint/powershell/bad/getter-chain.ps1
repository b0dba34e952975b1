# rule: getter
function Get-Manager { return 1 }
$manager = Get-Manager
$user = $manager.get_ApplicationPools()['x'].ProcessModel
