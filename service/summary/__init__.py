"""The filed summary: what it says (content, words), in which letters (fonts, glyphs, bidi), and how it looks.

Lines and pages are laid out first (lines, layout), then drawn (pdf), in a child process of its own (rendering).
"""
