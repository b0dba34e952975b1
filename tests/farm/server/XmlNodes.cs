// Elements and attributes of a document with their positions in its text.
using System.Collections.Generic;

namespace Lockstep.Farm;

public sealed class XmlAttribute
{
    public required string Name { get; init; }
    public required string Value { get; init; } // references resolved, normalised
    public required int Start { get; init; }
    public required int ValueStart { get; init; } // after the opening quote
    public required int ValueEnd { get; init; }   // at the closing quote
    public required char Quote { get; init; }
}

public sealed class XmlElement
{
    public required string Name { get; init; }
    public required XmlElement? Parent { get; init; }
    public required int Start { get; init; }   // at '<'
    public required int NameEnd { get; init; }
    public int TagEnd { get; set; }            // after '>' of the start tag
    public bool Empty { get; set; }            // written as <x/>
    public int CloseStart { get; set; }        // at '</'; TagEnd when Empty
    public List<XmlAttribute> Attributes { get; } = new();
    public List<XmlElement> Children { get; } = new();

    public XmlAttribute? Attribute(string name) => Attributes.Find(a => a.Name == name);
    public XmlElement? Child(string name) => Children.Find(c => c.Name == name);
}
