"""The widget: the chat in a frame on a portal's page. `access` says which portals, `page` what the frame is told,
`loader` what a portal's page loads."""
