"""The words of the screens, the reader's language and the catalogues of translations."""
