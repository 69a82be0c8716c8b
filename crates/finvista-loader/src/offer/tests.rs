use super::*;
use finvista_core::dataset::{Check, ColumnType, Dataset, Keep, Pace};
use finvista_core::{
    Adjust, BareCode, Board, CodeForm, ParamSpec, Period, Registration, Scope, ShapeKind, Universe, Venue,
    Zone, registered,
};
use finvista_datasets::CnStockDaily;
use finvista_plugin::Manifest;
use serde_json::{Value, json};

/// The offer after it has crossed the boundary.
fn crossed(spec: &DatasetSpec, capability: &Capability) -> Offered {
    let offered = Offered::new(spec, 3, capability).unwrap();
    serde_json::from_str(&serde_json::to_string(&offered).unwrap()).unwrap()
}

/// An offer of the daily bars, changed.
fn daily(change: impl FnOnce(&mut Value)) -> Offered {
    let mut json = serde_json::to_value(crossed(CnStockDaily::SPEC, &Capability::any())).unwrap();
    change(&mut json);
    serde_json::from_value(json).unwrap()
}

#[test]
fn every_definition_crosses_whole() {
    const BOARDS: Boards = Boards::of(&[Board::Main, Board::UsStock]);
    static EVERYTHING: DatasetSpec = {
        const fn column(name: &'static str, ty: ColumnType) -> ColumnSpec {
            ColumnSpec { name, ty, nullable: false, unit: "m", doc: "a \"doc\"" }
        }
        const SCOPE: Scope = Scope { name: "east", title: "the east", boards: BOARDS };
        static UNIVERSE: Universe = Universe {
            name: "harbours",
            bare: &[
                BareCode { form: CodeForm::UpToDigits(5), starts: &["1", "2"], venue: Venue::Hk },
                BareCode { form: CodeForm::Ticker, starts: &[], venue: Venue::Us },
                BareCode { form: CodeForm::Digits(6), starts: &[], venue: Venue::Sh },
            ],
            boards: BOARDS,
            known: &["NB1.US"],
            unknown: &["NB9.US"],
        };
        static PARAMS: [ParamSpec; 2] =
            [ParamSpec::required("port", "where"), ParamSpec::optional("unit", "")];
        DatasetSpec::new(
            "everything",
            "Everything that a definition can say",
            ShapeKind::Listing,
            &[
                column("text", ColumnType::Text),
                column("label", ColumnType::Label),
                column("date", ColumnType::Date),
                column("time", ColumnType::Time(Zone::NewYork)),
                column("float", ColumnType::Float),
                column("int", ColumnType::Int),
                column("bool", ColumnType::Bool),
            ],
        )
        .universe(&UNIVERSE)
        .periods(&[Period::Minutes(5), Period::Week])
        .adjusts()
        .scopes(&[SCOPE])
        .dated()
        .params(&PARAMS)
        .key(&["text", "date"])
        .keep(Keep::Days { past: 5, now: 1 })
        .pace(Pace::Sweep { attempt: 60, call: 90 })
        .checks(&[
            Check::Key,
            Check::Within("time"),
            Check::Requested("label"),
            Check::Positive("int"),
            Check::AtLeast("float", -1.5),
            Check::Finite("float"),
        ])
        .example(&[("market", "east"), ("day", "2024-06-28")])
    };
    let capability = Capability::of_boards(BOARDS)
        .adjusts(Adjust::Qfq, Boards::of(&[Board::Main]))
        .adjusts(Adjust::Hfq, BOARDS)
        .periods(&[Period::Week])
        .scopes(&["east"])
        .last_bars(1_023)
        .days_back(30)
        .most_symbols(80)
        .precision(Precision { volume: 0.5, amount: 1.0, price: 0.0005 });
    let ours = registered().filter_map(|registration| match registration {
        Registration::Dataset(spec) => Some(spec),
        _ => None,
    });
    let specs: Vec<&DatasetSpec> = ours.chain([&EVERYTHING]).collect();
    assert!(specs.len() > 7, "{specs:?}");
    for spec in specs {
        for capability in [capability, Capability::any()] {
            let taken = take(&crossed(spec, &capability), None).unwrap();
            assert_eq!((taken.capability, taken.priority, taken.is_own), (capability, 3, true));
            let there = taken.spec;
            assert_eq!((there.id, there.title, there.shape), (spec.id, spec.title, spec.shape));
            assert_eq!(format!("{:?}", there.rules), format!("{:?}", spec.rules));
            // Docs and units are in the schema.
            assert!(there.same_columns(spec) && there.schema() == spec.schema(), "{}", spec.id);
            assert_eq!((there.key, there.keep, there.pace), (spec.key, spec.keep, spec.pace));
            assert_eq!(there.checks, spec.checks);
            let mut example = spec.example.to_vec();
            example.sort_unstable();
            assert_eq!(there.example, example);
        }
    }
}

#[test]
fn equal_definitions_are_one() {
    let one = take(&daily(|_| {}), None).unwrap();
    let other = take(&daily(|json| json["priority"] = 9.into()), None).unwrap();
    assert!(std::ptr::eq(one.spec, other.spec));
    let docs = take(&daily(|json| json["columns"][0]["doc"] = "other words".into()), None).unwrap();
    assert!(!std::ptr::eq(one.spec, docs.spec) && one.spec.same_columns(docs.spec));
}

#[test]
fn a_restriction_that_is_not_known_drops_the_offer() {
    let restricted = daily(|json| json["capability"]["weekdays"] = json!(["monday"]));
    for known in [None, Some(CnStockDaily::SPEC)] {
        let why = take(&restricted, known).unwrap_err();
        assert!(why.contains("capability") && why.contains("weekdays"), "{why}");
    }
    // What is promised and not known is left out: the promise is narrower, and never wider.
    let narrower = daily(|json| {
        json["capability"]["boards"] = json!(["main", "moon"]);
        json["capability"]["adjusts"] = json!({"qfq": ["moon"]});
        json["capability"]["periods"] = json!(["tick"]);
    });
    let capability = take(&narrower, None).unwrap().capability;
    assert_eq!((capability.boards, capability.qfq), (Some(Boards::of(&[Board::Main])), Boards::NONE));
    assert_eq!(capability.periods, Some(&[][..]));
}

#[test]
fn a_definition_that_is_not_understood_drops_the_offer_of_the_plugins_own_data_set_alone() {
    let cases: [(&str, Value, &str); 7] = [
        ("checks", json!(["key", {"sums_to": ["volume", "amount"]}]), "sums_to"),
        ("checks", json!(["key", {"within": "open"}]), "got Float"),
        ("shape", json!("sphere"), "sphere"),
        ("pace", json!("glacial"), "glacial"),
        ("universe", json!({"name": "moons", "boards": ["moon"]}), "moon"),
        ("key", json!(["crater"]), "crater"),
        ("columns", json!([{"name": "Day", "type": "date"}]), "lower-case"),
    ];
    for (part, value, words) in cases {
        let offered = daily(|json| json[part] = value.clone());
        let why = take(&offered, None).unwrap_err();
        assert!(why.contains("its definition") && why.contains(words), "{part}: {why}");
        // Of a data set that this program has, only shape and columns matter: its own definition is the one that counts.
        let known = take(&offered, Some(CnStockDaily::SPEC));
        assert_eq!(known.is_ok(), !["shape", "columns"].contains(&part), "{part}: {known:?}");
    }
    let bare = serde_json::from_value(json!({"id": "tides", "priority": 0})).unwrap();
    assert!(take(&bare, None).unwrap_err().contains("does not define it"));
}

#[test]
fn an_offer_of_a_known_data_set_is_one_more_source_of_it_where_shape_and_columns_agree() {
    let words = daily(|json| {
        json["title"] = "其他".into();
        json["columns"][2]["doc"] = "other words".into();
        json["columns"][2]["unit"] = "CNY".into();
    });
    let taken = take(&words, Some(CnStockDaily::SPEC)).unwrap();
    assert!(std::ptr::eq(taken.spec, CnStockDaily::SPEC) && !taken.is_own);
    // An author may leave the definition to the host.
    let short = serde_json::from_value(json!({"id": "cn_stock_daily", "priority": 0})).unwrap();
    assert!(std::ptr::eq(take(&short, Some(CnStockDaily::SPEC)).unwrap().spec, CnStockDaily::SPEC));

    let renamed = daily(|json| json["columns"][6]["name"] = "shares".into());
    let retyped = daily(|json| json["columns"][6]["type"] = "float".into());
    let nulls = daily(|json| json["columns"][6]["nullable"] = true.into());
    let fewer = daily(|json| drop(json["columns"].as_array_mut().unwrap().pop()));
    let listed = daily(|json| json["shape"] = "listing".into());
    for (offered, words) in [
        (renamed, "expected volume (Int) as column 7, got shares (Int)"),
        (retyped, "got volume (Float)"),
        (nulls, "got volume (Int, may be null)"),
        (fewer, "got none"),
        (listed, "expected the shape Series"),
    ] {
        let why = take(&offered, Some(CnStockDaily::SPEC)).unwrap_err();
        assert!(why.contains(words), "{why}");
    }
}

#[test]
fn the_manifest_in_the_header_is_understood() {
    let header = include_str!("../../../finvista-plugin/include/finvista_plugin.h").replace("\n *", "");
    let start = header.find("{\"name\": \"tides\"").unwrap();
    let mut values = serde_json::Deserializer::from_str(header.get(start..).unwrap()).into_iter();
    let manifest: Manifest = values.next().unwrap().unwrap();
    let known = |id: &str| (id == CnStockDaily::SPEC.id).then_some(CnStockDaily::SPEC);
    let taken: Vec<_> =
        manifest.datasets.iter().map(|offered| take(offered, known(&offered.id)).unwrap()).collect();
    assert_eq!(taken.iter().map(|taken| taken.is_own).collect::<Vec<_>>(), [false, true, true]);
    let five = taken[1].spec;
    assert_eq!(five.example_query().unwrap().symbols()[0].to_string(), "AAPL.US");
    assert_eq!((five.checks.len(), five.rules.default_period()), (4, Period::Minutes(5)));
    // Every board has its name there.
    let boards: String = header.split_once("boards    main").unwrap().1.chars().take(400).collect();
    assert!(
        Board::ALL.iter().all(|board| *board == Board::Main || boards.contains(board.name())),
        "{boards}"
    );
}
