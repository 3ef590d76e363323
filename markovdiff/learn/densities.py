from markovdiff.learn.page import Page

PAGES: tuple[Page, ...] = ()
