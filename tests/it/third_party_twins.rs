#![cfg(test)]
//! One data set, defined by two crates that know nothing of each other: with the same columns their sources fail over to each
//! other, and with other columns one of them is refused.

use finvista::raw::dataset::Dataset;
use finvista::raw::{ShapeKind, Vendor};
use finvista::{DatasetSpec, Error, ErrorKind, FinVista};
use finvista_testkit::{Answer, Simulator};

use crate::support::{failures, told};

/// A crate with the data set of moons and a vendor of it. Only docs and titles differ between two of them.
macro_rules! moons {
    ($module:ident, $name:literal, $doc:literal, $host:literal, $priority:literal) => {
        mod $module {
            use finvista::SourceError;
            use finvista::raw::dataset::{Check, Float, Rows, Text};
            use finvista::raw::{
                BuilderOf, Capability, Endpoint, EndpointContext, Free, Next, ParamSpec, Quota, Reply,
                Request, Vendor, dataset, wire,
            };

            finvista::raw::columns! {
                "moon_table",
                /// A moon.
                pub struct Moon => MoonColumns, MoonViews {
                    #[doc = $doc]
                    name: Text, "";
                    /// Its distance.
                    distance: Float, "km";
                }
            }

            dataset! {
                /// Moons of a planet.
                pub MoonTable = "moon_table", $name;
                selects Free;
                rows Moon, MoonColumns, MoonViews built by Rows<MoonColumns, Free>;
                key [name];
                spec.params(&[ParamSpec::required("planet", "the planet, as Mars")]).checks(&[Check::Key])
            }

            pub(super) static VENDOR: Vendor = Vendor {
                name: $name,
                title: $name,
                version: "1.0.0",
                failure_domain: $name,
                hosts: &[$host],
                quota: Quota::per_second(100).burst(100),
                endpoints: &[&Moons],
            };

            struct Moons;

            impl Endpoint for Moons {
                type Dataset = MoonTable;
                type State = ();

                fn priority(&self) -> i32 {
                    $priority
                }

                fn capability(&self) -> Capability {
                    Capability::any()
                }

                fn request(&self, _: &EndpointContext, free: &Free) -> Result<Request, SourceError> {
                    Ok(Request::get(format!("https://{}/{}", $host, free.params["planet"])))
                }

                fn decode(
                    &self,
                    _: &Free,
                    _: &mut (),
                    reply: &Reply<'_>,
                    out: &mut BuilderOf<Self>,
                ) -> Result<Next, SourceError> {
                    let text = String::from_utf8_lossy(reply.body);
                    for (name, distance) in text.lines().filter_map(|line| line.split_once(' ')) {
                        out.push(Moon { name, distance: wire::number("distance", distance)? });
                    }
                    Ok(Next::Done)
                }
            }
        }
    };
}

moons!(observatory, "observatory", "Its name in the sky.", "stars.example", 0);
moons!(almanac, "almanac", "Its name on paper.", "almanac.example", 1);

async fn sky() -> (Simulator, FinVista) {
    let simulator = Simulator::builder().answers(|request| match (request.host, request.path) {
        ("stars.example", "/Mars") | ("almanac.example", _) => {
            Answer::ok("text/plain", "Deimos 23463\nPhobos 9376\n")
        }
        _ => Answer { status: 503, ..Answer::ok("text/plain", "cloudy") },
    });
    let simulator = simulator.start().await.unwrap();
    let vendors: [&'static Vendor; 2] = [&observatory::VENDOR, &almanac::VENDOR];
    let builder = vendors.into_iter().fold(crate::support::client(&simulator), finvista::Builder::vendor);
    let fv = builder.build().unwrap();
    (simulator, fv)
}

#[tokio::test]
async fn sources_of_both_answer_the_calls_of_both() {
    let (_simulator, fv) = sky().await;
    let mars = || [("planet", "Mars")];
    for source in ["observatory", "almanac"] {
        let one = fv.call::<observatory::MoonTable>(mars()).source(source).await;
        let other = fv.call::<almanac::MoonTable>(mars()).source(source).await;
        let one = one.as_ref().unwrap_or_else(|_| panic!("{source}: {}", told(&one)));
        let other = other.as_ref().unwrap_or_else(|_| panic!("{source}: {}", told(&other)));
        let rows: Vec<(&str, f64)> = one.rows().map(|moon| (moon.name, moon.distance)).collect();
        assert_eq!(rows, [("Deimos", 23_463.0), ("Phobos", 9_376.0)]);
        assert!(other.rows().map(|moon| (moon.name, moon.distance)).eq(rows));
        assert_eq!((one.source(), other.source()), (source, source));
        assert_eq!(one.schema(), other.schema());
    }
    let result = fv.call::<almanac::MoonTable>([("planet", "Venus")]).await;
    assert_eq!(failures(&result), [("observatory".to_owned(), ErrorKind::Upstream)], "{}", told(&result));
    assert_eq!(result.unwrap().source(), "almanac");
    assert_eq!(fv.datasets().filter(|spec| spec.id == "moon_table").count(), 1);
}

#[test]
fn other_columns_under_the_same_id_are_refused() {
    static NEW_MOONS: DatasetSpec = DatasetSpec::new("moon_table", "New moons", ShapeKind::Free, &[]);
    let error = FinVista::builder().environment([]).dataset(&NEW_MOONS).build().unwrap_err();
    let Error::Config(error) = error else { panic!("{error}") };
    assert!(error.key().contains("moon_table") && error.to_string().contains("other columns"), "{error}");
    for spec in [observatory::MoonTable::SPEC, almanac::MoonTable::SPEC] {
        assert!(FinVista::builder().environment([]).dataset(spec).build().is_ok());
    }
}
