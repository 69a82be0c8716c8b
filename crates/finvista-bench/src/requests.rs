//! The requests that FinVista sends, for the clients beside it.

/// A GET request, which goes to the gateway under the name of the vendor's host.
#[derive(Debug, Clone)]
pub struct Request {
    /// The vendor's host.
    pub host: &'static str,
    /// The path, with parameters.
    pub path: String,
}

/// The Referer that Sina insists on.
pub const REFERER: &str = "https://finance.sina.com.cn";

/// One whole history at East Money. The symbol is spelt `sz000001`.
pub fn history(symbol: &str) -> Request {
    let (exchange, code) = symbol.split_at_checked(2).unwrap_or_default();
    let market = u8::from(exchange == "sh");
    let path = format!(
        "/api/qt/stock/kline/get?secid={market}.{code}&klt=101&fqt=0&beg=0&end=20500101\
         &fields1=f1,f2,f3,f4,f5,f6&fields2=f51,f52,f53,f54,f55,f56,f57,f58,f59,f60,f61"
    );
    Request { host: "push2his.eastmoney.com", path }
}

/// One batch of quotes at Sina. The symbols are spelt `sz000001`.
pub fn quotes(symbols: &[String]) -> Request {
    Request { host: "hq.sinajs.cn", path: format!("/list={}", symbols.join(",")) }
}

/// The rows of a page, the most that East Money gives.
pub const PAGE: usize = 100;

/// A page of the list of all A shares at East Money, from 1.
pub fn list_page(number: usize) -> Request {
    let path = format!(
        "/api/qt/clist/get?pn={number}&pz={PAGE}&po=0&np=1&fltt=1&invt=2&fid=f12\
         &fs=m:0+t:6,m:0+t:80,m:1+t:2,m:1+t:23,m:0+t:81+s:2048\
         &fields=f1,f2,f3,f4,f5,f6,f8,f12,f13,f14,f17,f18,f20,f21,f152"
    );
    Request { host: "push2.eastmoney.com", path }
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
