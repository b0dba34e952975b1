# rule: getter
function Read-Local($section, $binding) {
    $local = $section.IsLocallyStored
    return "$local $($binding.Protocol)"
}
