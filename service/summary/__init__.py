"""The filed summary of an entry or a series: what it says (content, course_content, phrases, words), as blocks.

Its four renditions are drawn from those: plain_text, xhtml, rtf, and the PDF, which is laid out first (lines, layout),
in letters of its own (fonts, glyphs, joining, bidi), tagged (structure, tagging), and made in a child (rendering).
"""
