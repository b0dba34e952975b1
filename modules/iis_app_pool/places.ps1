# places.ps1 - sites, applications, and the other places of a server that use a watched account. What can't be read
# here is a blind spot that is told; the pools are told in any case.

# More rows of a kind, or bytes of one, are cut, and told as a blind spot: half of a reply stays free for the pools.
$placeLimits = @{ site = 1000; app = 3000; elsewhere = 1000; bytes = 524288; bindings = 8; bindingText = 1024 }
$authentication = 'system.webServer/security/authentication'

# users: pool -> the sites that use it. apps: pool -> its `app` lines. rows, bytes: by kind. blind: what -> its
# first code.
function New-Places($watched) {
    $ignored = [StringComparer]::OrdinalIgnoreCase
    return @{
        watched = $watched
        sites = [Collections.Generic.List[string]]::new()
        elsewhere = [Collections.Generic.List[string]]::new()
        rows = @{ site = 0; app = 0; elsewhere = 0 }
        bytes = @{ site = 0; app = 0; elsewhere = 0 }
        users = [Collections.Generic.Dictionary[string, object]]::new($ignored)
        apps = [Collections.Generic.Dictionary[string, object]]::new($ignored)
        blind = [ordered]@{}
    }
}

function Add-Blind($places, [string]$what, [string]$code) {
    if (-not $places.blind.Contains($what)) { $places.blind.Add($what, $code) }
}

# A line that fits is added to the list; what does not fit is a blind spot.
function Add-Place($places, [string]$what, $lines, [string]$kind, $fields) {
    foreach ($name in $replyShapes[$kind]) {
        $wrong = Get-ValueFault ([string]$fields[$name])
        if ($wrong.Length -gt 0) { Add-Blind $places $what $wrong; return }
    }
    $line = Format-Record $kind $fields
    $size = $utf8.GetByteCount($line)
    if ($places.rows[$kind] -ge $placeLimits[$kind] -or $places.bytes[$kind] + $size -gt $placeLimits.bytes) {
        Add-Blind $places $what 'too_many'
        return
    }
    $places.rows[$kind]++
    $places.bytes[$kind] += $size
    $lines.Add($line)
}

function Add-Elsewhere($places, [string]$what, [string]$kind, [string]$place, [string]$user) {
    if (-not $places.watched.Contains($user)) { return }
    Add-Place $places $what $places.elsewhere 'elsewhere' @{ kind = $kind; place = $place; user = $user }
}

# ---- sites and applications ------------------------------------------------------------------------------

function Get-BindingName($binding) {
    return "$($binding.get_Protocol()) $($binding.get_BindingInformation())"
}

# The first eight, as far as they are of a sane length, and how many more there are.
function Get-BindingText($site) {
    $text = [Text.StringBuilder]::new()
    $told = 0
    $count = 0
    foreach ($binding in $site.get_Bindings()) {
        $count++
        $name = Get-BindingName $binding
        if ($told -ge $placeLimits.bindings -or $text.Length + $name.Length -gt $placeLimits.bindingText) { continue }
        if ($told -gt 0) { [void]$text.Append(', ') }
        [void]$text.Append($name)
        $told++
    }
    if ($count -gt $told) {
        if ($told -gt 0) { [void]$text.Append(', ') }
        [void]$text.Append("+$($count - $told)")
    }
    return $text.ToString()
}

# Where an application or a virtual directory stands: `Shop`, `Shop/api`, `Shop/api/images`.
function Get-Place([string]$site, [string]$application, [string]$directory) {
    return "$site/$($application.Trim([char]47))/$($directory.Trim([char]47))".TrimEnd([char]47).Replace('//', '/')
}

# What the configuration says of Windows authentication at a place.
function Get-WindowsAuthentication($places, $configuration, [string]$place) {
    try {
        $section = $configuration.GetSection("$authentication/windowsAuthentication", $place)
        return @{
            on = [int][bool]$section.GetAttributeValue('enabled')
            kernel = [int][bool]$section.GetAttributeValue('useKernelMode')
            pool = [int][bool]$section.GetAttributeValue('useAppPoolCredentials')
        }
    } catch {
        Add-Blind $places 'locations' (Get-FaultCode (Get-Cause $_))
        return @{ on = 0; kernel = 0; pool = 0 }
    }
}

function Add-App($places, $configuration, [string]$pool, [string]$site, [string]$path, [string]$folder) {
    $how = Get-WindowsAuthentication $places $configuration (Get-Place $site $path '')
    if (-not $places.apps.ContainsKey($pool)) { $places.apps.Add($pool, [Collections.Generic.List[string]]::new()) }
    Add-Place $places 'locations' $places.apps[$pool] 'app' @{
        pool = $pool; site = $site; path = $path; folder = $folder
        windowsAuth = $how.on; kernelMode = $how.kernel; poolCredentials = $how.pool
    }
}

# The folder of its root, and the users of its virtual directories that stand there themselves.
function Read-Directories($places, $application, [string]$site, [string]$path) {
    $folder = ''
    foreach ($directory in $application.get_VirtualDirectories()) {
        $name = [string]$directory.get_Path()
        if (Test-Same $name '/') { $folder = [string]$directory.get_PhysicalPath() }
        $user = [string]$directory.get_UserName()
        if (-not $places.watched.Contains($user)) { continue }
        if ($directory.get_Attributes()['userName'].get_IsInheritedFromDefaultValue()) { continue }
        Add-Elsewhere $places 'locations' 'virtualDirectory' (Get-Place $site $path $name) $user
    }
    return $folder
}

function Read-Application($places, $configuration, $application, [string]$site, $only) {
    $pool = [string]$application.get_ApplicationPoolName()
    $path = [string]$application.get_Path()
    if (-not $places.users.ContainsKey($pool)) { $places.users.Add($pool, (New-NameSet)) }
    [void]$places.users[$pool].Add($site)
    if ($null -ne $only -and -not $only.Contains($pool)) { return }
    $folder = Read-Directories $places $application $site $path
    if ($null -eq $only) {
        $user = [string]$application.get_VirtualDirectoryDefaults().get_UserName()
        Add-Elsewhere $places 'locations' 'defaults' "$(Get-Place $site $path '')/virtualDirectoryDefaults" $user
    }
    Add-App $places $configuration $pool $site $path $folder
}

# only: pools whose applications are told, and no places then; $null = everything.
function Read-Sites($places, $manager, $only) {
    $configuration = $manager.GetApplicationHostConfiguration()
    foreach ($site in $manager.get_Sites()) {
        $name = [string]$site.get_Name()
        if ($null -eq $only) {
            Add-Place $places 'locations' $places.sites 'site' @{ name = $name; bindings = Get-BindingText $site }
            $user = [string]$site.get_VirtualDirectoryDefaults().get_UserName()
            Add-Elsewhere $places 'locations' 'defaults' "$name/virtualDirectoryDefaults" $user
        }
        foreach ($application in $site.get_Applications()) {
            Read-Application $places $configuration $application $name $only
        }
    }
}

# ---- other places that use a watched account -------------------------------------------------------------

# Of the whole server, and of each location that has a value of its own.
function Read-AnonymousUsers($places, $manager) {
    $configuration = $manager.GetApplicationHostConfiguration()
    $section = $configuration.GetSection("$authentication/anonymousAuthentication")
    Add-Elsewhere $places 'locations' 'anonymous' '' ([string]$section.GetAttributeValue('userName'))
    foreach ($location in $configuration.GetLocationPaths()) {
        $section = $configuration.GetSection("$authentication/anonymousAuthentication", $location)
        if (-not $section.get_IsLocallyStored()) { continue }
        Add-Elsewhere $places 'locations' 'anonymous' $location ([string]$section.GetAttributeValue('userName'))
    }
}

function Read-Defaults($places, $manager) {
    $user = [string]$manager.get_ApplicationPoolDefaults().get_ProcessModel().get_UserName()
    Add-Elsewhere $places 'locations' 'defaults' 'applicationPoolDefaults' $user
    $user = [string]$manager.get_VirtualDirectoryDefaults().get_UserName()
    Add-Elsewhere $places 'locations' 'defaults' 'virtualDirectoryDefaults' $user
}

function Read-Services($places) {
    $query = 'SELECT Name, StartName FROM Win32_Service'
    foreach ($service in [System.Management.ManagementObjectSearcher]::new($query).Get()) {
        Add-Elsewhere $places 'services' 'service' ([string]$service['Name']) ([string]$service['StartName'])
    }
}

# A task may name its user without domain: then it is told under the watched spelling that it fits.
function Read-Tasks($places) {
    $short = [Collections.Generic.Dictionary[string, string]]::new([StringComparer]::OrdinalIgnoreCase)
    foreach ($user in $places.watched) {
        $at = $user.IndexOf([char]92)
        if ($at -ge 0) { $short[$user.Substring($at + 1)] = $user }
    }
    $query = 'SELECT TaskName, TaskPath, Principal FROM MSFT_ScheduledTask'
    $scope = 'root\Microsoft\Windows\TaskScheduler'
    foreach ($task in [System.Management.ManagementObjectSearcher]::new($scope, $query).Get()) {
        if ($null -eq $task['Principal']) { continue }
        $user = [string]$task['Principal']['UserId']
        if ($short.ContainsKey($user)) { $user = $short[$user] }
        Add-Elsewhere $places 'tasks' 'task' "$($task['TaskPath'])$($task['TaskName'])" $user
    }
}

# Everything, for observe.
function Read-Places($manager, $watched) {
    $places = New-Places $watched
    try { Read-Sites $places $manager $null } catch { Add-Blind $places 'locations' (Get-FaultCode (Get-Cause $_)) }
    if ($watched.Count -eq 0) { return $places }
    try {
        Read-AnonymousUsers $places $manager
        Read-Defaults $places $manager
    } catch { Add-Blind $places 'locations' (Get-FaultCode (Get-Cause $_)) }
    try { Read-Services $places } catch { Add-Blind $places 'services' (Get-FaultCode (Get-Cause $_)) }
    try { Read-Tasks $places } catch { Add-Blind $places 'tasks' (Get-FaultCode (Get-Cause $_)) }
    return $places
}

# The applications of some pools, for verify.
function Read-PlacesOf($manager, $names) {
    $places = New-Places (New-NameSet)
    try { Read-Sites $places $manager $names } catch { Add-Blind $places 'locations' (Get-FaultCode (Get-Cause $_)) }
    return $places
}

function Add-Places($places) {
    foreach ($line in $places.sites) { Add-Line $line $limits.rows $limits.reply }
    foreach ($line in $places.elsewhere) { Add-Line $line $limits.rows $limits.reply }
    foreach ($what in $places.blind.Keys) { Add-Record 'blind' @{ what = $what; code = $places.blind[$what] } }
}

# The `app` rows of a pool.
function Add-Apps([string]$pool, $places) {
    if (-not $places.apps.ContainsKey($pool)) { return }
    foreach ($line in $places.apps[$pool]) { Add-Line $line $limits.rows $limits.reply }
}
