//! The suite, put on the sources of this workspace, and on sources that break its rules.

mod authors;
mod broken;
mod plugins;
mod vendors;
