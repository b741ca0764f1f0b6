"""What makes a PDF one for keeping and for everyone (ISO 19005-2, level A; ISO 14289-1): its metadata and its colours.

The metadata repeat what the document's information says, and add which of the standards it keeps. The colour profile is
sRGB (IEC 61966-2-1), written here from its published numbers: every colour of ours is meant in it.
"""

import struct
from typing import Any
from xml.sax.saxutils import escape

from reportlab.pdfbase.pdfdoc import PDFArray, PDFDictionary, PDFName, PDFString

from service.summary.signs import one_line, visible
from service.summary.streams import EndedMetadata, compressed

# Matrix columns of sRGB for an observer adapted to D50, and D50 itself, as ICC profiles state them (ICC.1, 6.3).
_WHITE = (0.9642, 1.0, 0.8249)
_PRIMARIES = {
    b"rXYZ": (0.43607, 0.22249, 0.01392),
    b"gXYZ": (0.38515, 0.71687, 0.09708),
    b"bXYZ": (0.14307, 0.06061, 0.71410),
}
# From how light a colour is written to how much light it is: gamma, a, b, c, d of a parametric curve of type 3.
_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_HEADER_BYTES, _ENTRY_BYTES = 128, 12

_PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"
    xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
    xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
   <dc:format>application/pdf</dc:format>
   <dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
   <dc:description><rdf:Alt><rdf:li xml:lang="x-default">{subject}</rdf:li></rdf:Alt></dc:description>
   <dc:creator><rdf:Seq><rdf:li>{product}</rdf:li></rdf:Seq></dc:creator>
   <dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>
   <pdf:Producer>{product}</pdf:Producer>
   <xmp:CreatorTool>{product}</xmp:CreatorTool>
   <xmp:CreateDate>2000-01-01T00:00:00+00:00</xmp:CreateDate>
   <xmp:ModifyDate>2000-01-01T00:00:00+00:00</xmp:ModifyDate>
   <pdfaid:part>2</pdfaid:part>
   <pdfaid:conformance>A</pdfaid:conformance>
   <pdfuaid:part>1</pdfuaid:part>
   <pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
    <pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
    <pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
    <pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>
    <pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
     <pdfaProperty:category>internal</pdfaProperty:category>
     <pdfaProperty:description>The part of ISO 14289 that the file keeps</pdfaProperty:description>
     <pdfaProperty:name>part</pdfaProperty:name>
     <pdfaProperty:valueType>Integer</pdfaProperty:valueType>
    </rdf:li></rdf:Seq></pdfaSchema:property>
   </rdf:li></rdf:Bag></pdfaExtension:schemas>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


def declare(canvas: Any, *, title: str, subject: str, product: str, language: str) -> None:
    """Put metadata and colour profile into the canvas's document, and let viewers show its title."""
    packet = _PACKET.format(
        title=_text(title), subject=_text(subject), product=_text(product), language=_text(language)
    )
    catalog = canvas._doc.Catalog
    catalog.Metadata = EndedMetadata(packet)
    catalog.__NoDefault__ = [*catalog.__NoDefault__, "OutputIntents"]
    catalog.OutputIntents = PDFArray([_intent(canvas)])
    canvas.setViewerPreference("DisplayDocTitle", "true")


def _text(text: str) -> str:
    return escape(visible(one_line(text)))


def _intent(canvas: Any) -> PDFDictionary:
    profile = compressed(srgb())
    profile.dictionary["N"] = 3
    return PDFDictionary(
        {
            "Type": PDFName("OutputIntent"),
            "S": PDFName("GTS_PDFA1"),
            "OutputConditionIdentifier": PDFString("sRGB"),
            "Info": PDFString("sRGB IEC61966-2.1"),
            "DestOutputProfile": canvas._doc.Reference(profile, "sRGB"),
        }
    )


def srgb() -> bytes:
    """An ICC profile (version 4.2) of sRGB: its white, its three colours and its curve."""
    curve = b"para" + struct.pack(">IHH", 0, 3, 0) + b"".join(_fixed(part) for part in _CURVE)
    parts = {
        b"desc": _localised("sRGB"),
        b"cprt": _localised("No rights are claimed in these numbers"),
        b"wtpt": _xyz(_WHITE),
        **{name: _xyz(colour) for name, colour in _PRIMARIES.items()},
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    start = _HEADER_BYTES + 4 + _ENTRY_BYTES * len(parts)
    entries, data = struct.pack(">I", len(parts)), b""
    for name, part in parts.items():
        entries += name + struct.pack(">II", start + len(data), len(part))
        data += part + b"\0" * (-len(part) % 4)
    return _header(start + len(data)) + entries + data


def _header(size: int) -> bytes:
    made = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
    first = struct.pack(">I4sI4s4s4s", size, b"\0" * 4, 0x04200000, b"mntr", b"RGB ", b"XYZ ")
    white = b"".join(_fixed(part) for part in _WHITE)
    return (first + made + b"acsp" + b"\0" * 28 + white).ljust(_HEADER_BYTES, b"\0")


def _xyz(colour: tuple[float, float, float]) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(_fixed(part) for part in colour)


def _fixed(number: float) -> bytes:
    return struct.pack(">i", round(number * 65536))


def _localised(text: str) -> bytes:
    written = text.encode("utf-16-be")
    return b"mluc\0\0\0\0" + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(written), 28) + written
