// The lists. Windows PowerShell 5.1 with .NET Framework 4.5.2 has all of it, and FIPS policy forbids none.
// Whoever adds a line has looked it up there.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation.Language;

namespace Lockstep.Lint;

static class Allowed
{
    static HashSet<string> Set(string words) => new(words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries), StringComparer.OrdinalIgnoreCase);

    public static readonly HashSet<string> Commands = Set("Set-StrictMode");

    public static readonly HashSet<string> ForbiddenVariables = Set("input args host profile this event sender matches PID PSCmdlet PSBoundParameters");

    public static readonly HashSet<string> Types = Set(@"
        void bool byte char int long uint32 string object regex ordered
        Array BitConverter Console DateTime DateTimeKind Environment IntPtr Math Random StringComparer StringComparison ScriptBlock
        UnauthorizedAccessException
        Collections.Generic.Dictionary Collections.Generic.List Collections.Generic.HashSet
        Diagnostics.FileVersionInfo Diagnostics.Stopwatch Globalization.CultureInfo
        IO.DirectoryNotFoundException IO.File IO.FileAccess IO.FileLoadException IO.FileMode IO.FileNotFoundException IO.FileShare
        IO.FileStream IO.IOException IO.InvalidDataException IO.Path IO.SeekOrigin
        Management.Automation.RuntimeException Reflection.Assembly Reflection.TargetInvocationException
        Net.IPAddress Net.IPEndPoint Net.Security.SslStream Net.Sockets.TcpClient Runtime.InteropServices.COMException
        Security.Cryptography.HMACSHA256 Security.Cryptography.SHA256CryptoServiceProvider
        Text.Encoding Text.StringBuilder Text.UTF8Encoding Threading.Thread Xml.XmlDocument
        Microsoft.Web.Administration.ServerManager
        System.Diagnostics.Eventing.Reader.EventLogQuery System.Diagnostics.Eventing.Reader.EventLogReader
        System.Diagnostics.Eventing.Reader.PathType
        System.Management.ManagementObjectSearcher System.Management.ManagementDateTimeConverter");

    public static readonly HashSet<string> StaticMembers = Set(@"
        Array::Clear Array::Copy Array::IndexOf Array::LastIndexOf Array::Reverse
        BitConverter::GetBytes BitConverter::IsLittleEndian BitConverter::ToString
        Collections.Generic.Dictionary::new Collections.Generic.HashSet::new Collections.Generic.List::new
        Console::OpenStandardInput Console::OpenStandardOutput
        DateTime::new DateTime::UtcNow DateTimeKind::Utc Diagnostics.FileVersionInfo::GetVersionInfo Diagnostics.Stopwatch::StartNew
        Environment::GetEnvironmentVariable Environment::MachineName Environment::OSVersion Environment::UserDomainName
        Environment::UserName Globalization.CultureInfo::InvariantCulture
        IO.File::Exists IO.File::GetAttributes IO.File::GetLastWriteTimeUtc IO.File::OpenRead IO.FileStream::new IO.FileMode::Open
        IO.FileAccess::Read IO.FileAccess::ReadWrite IO.InvalidDataException::new IO.Path::Combine IO.SeekOrigin::End
        IntPtr::Size Net.IPAddress::IPv6Loopback Net.IPAddress::Loopback Net.IPAddress::Parse Net.IPEndPoint::new Net.Security.SslStream::new
        Net.Sockets.TcpClient::new Math::Max Math::Min Math::Pow Random::new Reflection.Assembly::LoadFrom regex::Match
        Security.Cryptography.HMACSHA256::new Security.Cryptography.SHA256CryptoServiceProvider::new
        StringComparer::Ordinal StringComparer::OrdinalIgnoreCase StringComparison::Ordinal StringComparison::OrdinalIgnoreCase
        string::Equals string::new Text.Encoding::ASCII Text.Encoding::UTF8 Text.StringBuilder::new Text.UTF8Encoding::new
        Threading.Thread::Sleep Xml.XmlDocument::new byte::new char::new object::new
        Microsoft.Web.Administration.ServerManager::new
        System.Diagnostics.Eventing.Reader.EventLogQuery::new System.Diagnostics.Eventing.Reader.EventLogReader::new
        System.Diagnostics.Eventing.Reader.PathType::LogName
        System.Management.ManagementDateTimeConverter::ToDateTime System.Management.ManagementObjectSearcher::new");

    public static readonly HashSet<string> Methods = Set(@"
        Add Append AuthenticateAsClient Clear Close CommitChanges ComputeHash ConnectAsync Contains ContainsKey Dispose EndsWith Flush Get GetAttribute GetAttributeValue GetByteCount
        GetApplicationHostConfiguration GetBytes GetChars GetElementsByTagName GetLocationPaths GetSection GetStream GetString GetType IndexOf InvokeMethod Load Next Read ReadEvent Recycle RemoveRange
        Replace Seek SetLength Split Start StartsWith Stop Substring ToLowerInvariant ToString ToUniversalTime TransformBlock
        TransformFinalBlock Trim TrimEnd Wait Write
        get_ApplicationPoolDefaults get_ApplicationPoolName get_ApplicationPools get_Applications get_Attributes get_AutoStart get_BindingInformation
        get_Bindings get_IsLocallyStored get_Path get_PhysicalPath get_Protocol get_VirtualDirectories get_VirtualDirectoryDefaults
        get_DisallowRotationOnConfigChange get_IdentityType get_IsInheritedFromDefaultValue get_Name get_Password get_ProcessId
        get_ProcessModel get_Recycling get_Sites get_State get_UserName get_WorkerProcesses");

    // Add is also HashSet's, which answers: the tests see that nothing but replies comes out.
    public static readonly HashSet<string> VoidMethods = Set("Add AuthenticateAsClient Clear Close Copy CommitChanges Dispose Flush Load RemoveRange Reverse SetLength Sleep Write");

    // Takes characters or bytes, and gives them to nobody.
    public static readonly HashSet<string> TakesSecret = Set(@"
        GetByteCount GetBytes GetChars Array::Clear Array::Copy TransformBlock string::new Security.Cryptography.HMACSHA256::new");

    public static readonly HashSet<string> Getters = Set(@"
        ApplicationPoolDefaults ApplicationPoolName ApplicationPools Applications Attributes AutoStart BindingInformation Bindings
        IsLocallyStored Path PhysicalPath Protocol VirtualDirectories VirtualDirectoryDefaults DisallowRotationOnConfigChange
        IdentityType IsInheritedFromDefaultValue Name Password ProcessId ProcessModel Recycling Sites State UserName WorkerProcesses");
    static readonly HashSet<string> ConfigurationVariables = Set("manager pool model site application worker binding directory configuration section");

    // Does the expression begin at an object of Microsoft.Web.Administration?
    public static bool Configuration(Ast expression) => expression switch
    {
        VariableExpressionAst variable => ConfigurationVariables.Contains(variable.VariablePath.UserPath),
        MemberExpressionAst member => Configuration(member.Expression),
        IndexExpressionAst index => Configuration(index.Target),
        _ => false,
    };

    // Without array marks and type arguments.
    public static string NameOf(ITypeName type) => type switch
    {
        ArrayTypeName array => NameOf(array.ElementType),
        GenericTypeName generic => generic.TypeName.FullName,
        _ => type.FullName,
    };
}
