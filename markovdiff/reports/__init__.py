"""What people read: tables for a terminal and for a paper, one page that stands alone, what a notebook shows.

`terminal` paints with Rich, `tables` has the same tables in Markdown, LaTeX and HTML, and `page` writes the HTML page
with its slider. The numbers are a result's certified ones; nothing is computed here.
"""
