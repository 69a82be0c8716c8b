#![cfg(test)]
//! Every request of every vendor goes to the gateway that the environment names: path and query unchanged, the vendor's
//! own host in `Host`.

use std::collections::BTreeSet;

use finvista::{Adjust, CallOptions, DateRange, Error, FinVista};
use finvista_core::{EndpointContext, Vendor};
use finvista_testkit::{Market, Simulator};
use jiff::civil::date;

use crate::support::{UNTIL, daily, days, now};

const VENDORS: [&Vendor; 3] =
    [&finvista::eastmoney::EASTMONEY, &finvista::sina::SINA, &finvista::tencent::TENCENT];

fn range() -> DateRange {
    days(date(2024, 6, 3), date(2024, 6, 14))
}

#[tokio::test]
async fn the_environment_names_the_gateway_of_all_vendors() {
    let simulator = Simulator::builder().market(Market::new(81, UNTIL)).start().await.unwrap();
    let environment = [("FINVISTA_GATEWAY".to_owned(), simulator.origin())];
    let fv = FinVista::builder().environment(environment).wall_clock(now).build().unwrap();
    for vendor in VENDORS {
        let mut seen = simulator.requests().len();
        daily(&fv, "600036", range(), Adjust::Qfq).source(vendor.name).await.unwrap();
        let mut expected = BTreeSet::new();
        for endpoint in vendor.endpoints {
            let example = endpoint.dataset().example_query().unwrap();
            let only = CallOptions { source: Some(vendor.name.to_owned()), ..CallOptions::default() };
            // A vendor that does not promise the example is not asked.
            match fv.fetch_with(&example, &only).await {
                Ok(_) => {
                    let (first, _) = endpoint.start(&EndpointContext::new(now()), &example).unwrap();
                    expected.insert(first.url.split('/').nth(2).unwrap().to_owned());
                }
                Err(Error::Unsupported(_)) => {}
                Err(error) => panic!("{}: {error}", vendor.name),
            }
        }
        let mut hosts = BTreeSet::new();
        for request in simulator.requests().drain(seen..) {
            assert_eq!(request.vendor.unwrap().to_string(), vendor.name, "{request}");
            assert_eq!(request.status, Some(200), "{request}");
            assert!(vendor.hosts.contains(&request.host.as_str()), "{request}");
            hosts.insert(request.host);
        }
        assert!(expected.len() > 1 && hosts.is_superset(&expected), "{}: {hosts:?}", vendor.name);

        // The first request, as the endpoint wrote it.
        seen = simulator.requests().len();
        let query =
            fv.query("cn_stock_quote", &[("symbols".to_owned(), "600036".to_owned())].into()).unwrap();
        let endpoint = vendor.endpoints.iter().find(|e| e.dataset().id == "cn_stock_quote").unwrap();
        let (written, _) = endpoint.start(&EndpointContext::new(now()), &query).unwrap();
        fv.cn_stock_quote(["600036"]).source(vendor.name).await.unwrap();
        let sent = simulator.requests().swap_remove(seen);
        assert_eq!(format!("https://{}{}", sent.host, sent.path), written.url);
    }
}

#[tokio::test]
async fn what_is_no_origin_is_refused_by_name() {
    let environment = [("FINVISTA_GATEWAY".to_owned(), "127.0.0.1:8080".to_owned())];
    let error = FinVista::builder().environment(environment).build().unwrap_err();
    assert!(matches!(error, Error::Config(_)), "{error}");
    assert!(error.to_string().contains("gateway") && error.to_string().contains("http://127.0.0.1:8080"));
}

/// No server listens at the gateway: every vendor fails to connect, and no circuit counts it.
#[tokio::test]
async fn a_gateway_that_is_gone_is_a_failure_of_transport() {
    let simulator = Simulator::builder().market(Market::new(81, UNTIL)).start().await.unwrap();
    let fv = crate::support::client(&simulator).build().unwrap();
    daily(&fv, "600036", range(), Adjust::None).await.unwrap();
    simulator.stop().await;
    let result = daily(&fv, "600036", range(), Adjust::None).await;
    let kinds = crate::support::failures(&result);
    assert_eq!(kinds.len(), 3, "{}", crate::support::told(&result));
    assert!(matches!(result, Err(Error::AllSourcesFailed(_))));
    // A connection that was kept alive ends without a byte; new ones are refused.
    assert!(kinds.iter().skip(1).all(|(_, kind)| *kind == finvista::ErrorKind::Transport), "{kinds:?}");
}
