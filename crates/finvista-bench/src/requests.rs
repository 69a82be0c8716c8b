//! The requests that FinVista sends, for the clients beside it.

/// A GET request, which goes to the gateway under the name of the vendor's host.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// The vendor's host.
    pub(crate) host: &'static str,
    /// The path, with parameters.
    pub(crate) path: String,
}

/// The Referer that Sina insists on.
pub(crate) const REFERER: &str = "https://finance.sina.com.cn";

/// One whole history at East Money. The symbol is spelt `sz000001`.
pub(crate) fn history(symbol: &str) -> Request {
    let (exchange, code) = symbol.split_at_checked(2).unwrap_or_default();
    let market = u8::from(exchange == "sh");
    let path = format!(
        "/api/qt/stock/kline/get?secid={market}.{code}&klt=101&fqt=0&beg=0&end=20500101\
         &fields1=f1,f2,f3,f4,f5,f6&fields2=f51,f52,f53,f54,f55,f56,f57,f58,f59,f60,f61"
    );
    Request { host: "push2his.eastmoney.com", path }
}

/// One batch of quotes at Sina. The symbols are spelt `sz000001`.
pub(crate) fn quotes(symbols: &[String]) -> Request {
    Request { host: "hq.sinajs.cn", path: format!("/list={}", symbols.join(",")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_named_as_each_vendor_names_them() {
        assert!(history("sh600519").path.contains("secid=1.600519&"));
        assert!(history("sz000001").path.contains("secid=0.000001&"));
        assert_eq!(quotes(&["sh600519".to_owned(), "sz000001".to_owned()]).path, "/list=sh600519,sz000001");
    }
}
