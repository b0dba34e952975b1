"""Configurations of the emulated servers."""

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<configuration>
    <configSections>
        <sectionGroup name="system.applicationHost">
            <section name="applicationPools" />
            <section name="sites" />
        </sectionGroup>
    </configSections>
    <system.applicationHost>
        <applicationPools>
"""
TAIL = """            <applicationPoolDefaults managedRuntimeVersion="v4.0">
                <processModel identityType="%s"%s />
            </applicationPoolDefaults>
        </applicationPools>
        <sites>
            <site name="Shop" id="1">
                <application path="/" applicationPool="Web"><virtualDirectory path="/" physicalPath="C:\\shop" /></application>
                <application path="/a" applicationPool="web"><virtualDirectory path="/" physicalPath="C:\\a" /></application>
            </site>
            <site name="Back" id="2">
                <application path="/" applicationPool="Web"><virtualDirectory path="/" physicalPath="C:\\back" /></application>
            </site>
        </sites>
    </system.applicationHost>
</configuration>
"""
NETWORK = '<processModel identityType="NetworkService" />'
POOLS = {
    "Web": ("", NETWORK),
    "Api": (' startMode="AlwaysRunning"', NETWORK),
    "Fixed": ("", '<recycling disallowRotationOnConfigChange="true" />' + NETWORK),
    "Off": (' autoStart="false"', NETWORK),
    "Plain": ("", ""),
}
ACCOUNT = "CORP\\svc\tRight-1!\tenabled\n"


def config(pools=None, defaults="ApplicationPoolIdentity", more=""):
    """Pool -> (attributes, inner XML) to the bytes of a file, with CRLF as on Windows."""
    lines = "".join('            <add name="%s"%s>%s</add>\n' % (name, attributes, inner)
                    for name, (attributes, inner) in (POOLS if pools is None else pools).items())
    return (HEAD + lines + TAIL % (defaults, more)).replace("\n", "\r\n").encode()
