#![cfg(test)]
//! The vendors of this workspace.

use finvista_conformance::{Subject, conformance};

conformance!(eastmoney, Subject::vendor(&finvista_eastmoney::EASTMONEY));
conformance!(sina, Subject::vendor(&finvista_sina::SINA));
conformance!(tencent, Subject::vendor(&finvista_tencent::TENCENT));
