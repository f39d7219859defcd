// Takes away what the library finds AsyncLocalStorage through, before any test imports it, so that
// the whole suite runs once as it would in a browser: scopes travel by signal alone.
process.env["CORRAL_MODE"] = "explicit";
Reflect.deleteProperty(process, "getBuiltinModule");
