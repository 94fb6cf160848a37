// The platform closes the frame or window in which its administrator registered the tool.
(window.opener || window.parent).postMessage({ subject: "org.imsglobal.lti.close" }, "*");
