#![no_main]

use finvista::eastmoney::EASTMONEY;

libfuzzer_sys::fuzz_target!(|input: &[u8]| finvista_fuzz::decode(&EASTMONEY, "cn_stock_daily", input));
