// The identity of a pool, or of applicationPoolDefaults, which is only read.
using System;
using Lockstep.Farm;

namespace Microsoft.Web.Administration;

public enum ProcessModelIdentityType { LocalSystem, LocalService, NetworkService, SpecificUser, ApplicationPoolIdentity }

public sealed class ApplicationPoolProcessModel
{
    readonly Snapshot configuration;
    readonly XmlElement? element; // null: the defaults

    internal ApplicationPoolProcessModel(Snapshot configuration, XmlElement? element)
    {
        this.configuration = configuration;
        this.element = element;
        Attributes = new ConfigurationAttributeCollection(Value, Inherited);
    }

    public ConfigurationAttributeCollection Attributes { get; }

    public ProcessModelIdentityType IdentityType
    {
        get => Enum.Parse<ProcessModelIdentityType>(Raw("identityType"));
        set => Set("identityType", Enum.IsDefined(value) ? value.ToString() : throw new ArgumentOutOfRangeException(nameof(value)));
    }

    public string UserName { get => Raw("userName"); set => Set("userName", value); }

    public string Password
    {
        get => configuration.Server.Vault.Unprotect(Raw("password"));
        set => Set("password", configuration.Server.Vault.Protect(value));
    }

    string? Pending(string name) => element == null ? null : configuration.Changes.Get(AppHost.NameOf(element), name);

    string Raw(string name) => Pending(name) ?? configuration.File.Effective(element, "processModel", name);

    internal bool Inherited(string name) =>
        Pending(name) == null
        && AppHost.Local(element ?? configuration.File.PoolDefaults, "processModel", name) == null;

    internal object Value(string name) => name switch
    {
        "identityType" => (int)IdentityType,
        "userName" => UserName,
        "password" => Password,
        _ => throw new NotSupportedException("the emulation does not know attribute '" + name + "'"),
    };

    void Set(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        configuration.CheckWritable();
        if (element == null)
            throw new NotSupportedException("the emulation does not write applicationPoolDefaults");
        configuration.Changes.Set(AppHost.NameOf(element), name, value);
    }
}

public sealed class ConfigurationAttributeCollection
{
    readonly Func<string, object> value;
    readonly Func<string, bool> inherited;

    internal ConfigurationAttributeCollection(Func<string, object> value, Func<string, bool> inherited)
    {
        this.value = value;
        this.inherited = inherited;
    }

    public ConfigurationAttribute this[string name] => new(name, value, inherited);
}

public sealed class ConfigurationAttribute
{
    readonly Func<string, object> value;
    readonly Func<string, bool> inherited;

    internal ConfigurationAttribute(string name, Func<string, object> value, Func<string, bool> inherited)
    {
        Name = name;
        this.value = value;
        this.inherited = inherited;
    }

    public string Name { get; }
    public object Value => value(Name);
    // True when it does not stand at the element itself, wherever it comes from.
    public bool IsInheritedFromDefaultValue => inherited(Name);
}
