"""A page of an archive that opens without a network: summary, tables, charts, and a viewer that decodes in the browser.

`viewer/` has the sources of what runs in the browser, and `built/` what `bin/page` makes of them. Only the latter is
installed.
"""
