//! The vendor `eastmoney` as a plugin: what its crate defines, driven over the host's HTTP client.

finvista_plugin::export_vendor!(finvista_eastmoney::EASTMONEY);
