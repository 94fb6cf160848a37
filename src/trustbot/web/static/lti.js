// The chosen link goes back to the platform by itself; without a script there is the button.
document.getElementById("lti-return").submit();
