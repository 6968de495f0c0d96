// Style sheets that a page imports, for the bundler alone.
declare module "*.css";
