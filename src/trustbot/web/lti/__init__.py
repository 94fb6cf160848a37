"""LTI 1.3: a learning platform (Canvas, Moodle, Blackboard) launches the widget for somebody whom it vouches for.

The platform's browser window comes to `/lti/login`, goes to the platform and back to `/lti/launch` with a signed
message, and from there to the widget with a token of this server. Nothing is stored of anybody: what the platform says
of a person is read for their role, and their id becomes another one that can't be led back to it.

What is taken from PyLTI1p3 is what it does soundly: the checks of a message's form, and the response of deep linking.
Its sessions, its fetching of keys and its signature check are not: they keep the whole message with the person's name,
refuse browsers that block third-party cookies, accept a nonce twice and a message without an end, fetch keys without
a limit, and don't compare the audience. PyJWT does that here.
"""
