use super::*;

#[test]
fn what_counts_asks_the_next_source() {
    use ErrorKind::*;
    let kinds = [
        InvalidInput,
        Unsupported,
        NotFound,
        NoData,
        RateLimited,
        Timeout,
        Transport,
        Upstream,
        Blocked,
        Decode,
        Invalid,
        Plugin,
        Throttled,
        CircuitOpen,
    ];
    for kind in kinds {
        let meaning = kind.meaning();
        assert!(!meaning.counts || meaning.next_source, "{kind}");
        assert_eq!(meaning.next_source, kind != InvalidInput, "{kind}");
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
    }
}

#[test]
fn a_long_message_is_cut_between_characters() {
    let error = SourceError::new(ErrorKind::Blocked, "拒".repeat(600));
    assert_eq!(error.message().chars().count(), 501);
    assert!(error.message().ends_with('…'));
}

#[test]
fn a_sample_is_one_short_line() {
    assert_eq!(sample(b"<html>\r\n<body>"), "<html>  <body>");
    assert_eq!(sample(&[b'x'; 200]).chars().count(), 161);
}
