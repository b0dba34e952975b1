// What a person changes in the configuration by hand: elements and attributes, everything else left as it is.
using System;
using System.Linq;
using System.Text;

namespace Lockstep.Farm;

public static class ConfigEdit
{
    // Reads, changes and writes the file at once; WAS hears of it.
    public static void Rewrite(EmulatedServer server, Action<AppHost, Splices> edit)
    {
        server.Locked(was =>
        {
            var read = AppHost.Read(server.ConfigPath);
            var splices = new Splices();
            edit(read, splices);
            EmulatedServer.ReplaceFile(server.ConfigPath, read.Encode(splices.Apply(read.Text)));
            was.ConfigWritten();
        });
        server.Locked(_ => { });
    }

    public static void SetAttribute(Splices splices, XmlElement element, string name, string value)
    {
        if (element.Attribute(name) is { } old)
            splices.Replace(old.ValueStart, old.ValueEnd, XmlText.Escape(value, old.Quote));
        else
            splices.Insert(element.Attributes.Count > 0 ? element.Attributes[^1].ValueEnd + 1 : element.NameEnd,
                " " + name + "=\"" + XmlText.Escape(value, '"') + "\"");
    }

    // As the last child.
    public static void Append(Splices splices, XmlElement element, string xml)
    {
        if (element.Empty)
            splices.Replace(element.TagEnd - 2, element.TagEnd, ">" + xml + "</" + element.Name + ">");
        else
            splices.Insert(element.CloseStart, xml);
    }

    // Sets attributes of a descendant; what is missing on the way to it is made.
    public static void Set(Splices splices, XmlElement owner, string path, params (string Name, string Value)[] attributes)
    {
        string[] names = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var at = owner;
        int depth = 0;
        while (depth < names.Length && at.Child(names[depth]) is { } child)
        {
            at = child;
            depth++;
        }
        if (depth == names.Length)
        {
            foreach (var (name, value) in attributes)
                SetAttribute(splices, at, name, value);
            return;
        }
        var xml = new StringBuilder("<" + names[^1]);
        foreach (var (name, value) in attributes)
            xml.Append(' ').Append(name).Append("=\"").Append(XmlText.Escape(value, '"')).Append('"');
        xml.Append(" />");
        foreach (string name in names[depth..^1].Reverse())
            xml.Insert(0, "<" + name + ">").Append("</" + name + ">");
        Append(splices, at, xml.ToString());
    }
}
