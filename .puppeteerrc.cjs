// Installing this project must not download a browser: src/chrome/find.ts finds or installs one when it is needed.
module.exports = { skipDownload: true };
