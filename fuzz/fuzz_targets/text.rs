#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| finvista_fuzz::text(input));
