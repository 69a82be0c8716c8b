//! Changing a manager while calls run: settings, priorities, switches and resets.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, PoisonError};

use super::route::Routes;
use super::{Error, FailoverConfig, Manager};
use crate::error::ConfigError;
use crate::query::DatasetId;

impl Manager {
    /// The current settings.
    pub fn config(&self) -> FailoverConfig {
        (*self.config_now()).clone()
    }

    /// Replaces all settings at once. They take effect at the next event: lowering a threshold opens no circuit by itself,
    /// and a new circuit timeout also applies to circuits that are open.
    ///
    /// # Errors
    ///
    /// When a value is out of range. Nothing is changed then.
    pub fn configure(&self, config: FailoverConfig) -> Result<(), ConfigError> {
        config.validate()?;
        // Held until all circuits have the new values, so that two changes at once cannot leave some of each.
        let mut current = self.config.write().unwrap_or_else(PoisonError::into_inner);
        for (_, routes) in self.routes_now().iter() {
            for ranked in routes {
                let breaker = &ranked.route.breaker;
                breaker
                    .set_config(config.breaker(ranked.route.pace))
                    .map_err(|e| ConfigError::new(e.key, e.to_string()))?;
            }
        }
        self.bans.values().try_for_each(|ban| ban.configure(&config))?;
        *current = Arc::new(config);
        Ok(())
    }

    /// Sets the order in which the sources of a data set are asked. Sources that are not named follow in their previous
    /// order.
    ///
    /// # Errors
    ///
    /// When the data set is unknown, or it has no source of one of these names.
    pub fn set_priority(&self, dataset: &DatasetId, order: &[&str]) -> Result<(), Error> {
        self.change(|routes| {
            for name in order {
                self.known(routes, Some(dataset), name)?;
            }
            let mut rest: Vec<String> =
                routes.of(dataset).iter().map(|r| r.route.name().to_owned()).collect();
            rest.retain(|name| !order.contains(&name.as_str()));
            let place = |wanted: &str| {
                let names = order.iter().copied().chain(rest.iter().map(String::as_str));
                names.into_iter().position(|name| name == wanted).and_then(|place| i32::try_from(place).ok())
            };
            routes.set_priorities(dataset, place);
            Ok(())
        })
    }

    /// Sets the priority of a source for all its data sets; the lowest is asked first.
    ///
    /// # Errors
    ///
    /// When there is no such source.
    pub fn set_source_priority(&self, source: &str, priority: i32) -> Result<(), Error> {
        self.change(|routes| {
            self.known(routes, None, source)?;
            for dataset in routes.datasets() {
                routes.set_priorities(&dataset, |name| (name == source).then_some(priority));
            }
            Ok(())
        })
    }

    /// Enables or disables a source for calls that begin afterwards.
    ///
    /// # Errors
    ///
    /// When there is no such source.
    pub fn set_enabled(&self, source: &str, enabled: bool) -> Result<(), Error> {
        self.change(|routes| {
            self.known(routes, None, source)?;
            routes.set_enabled(source, enabled);
            Ok(())
        })
    }

    /// Makes every later call for a data set ask only this source, until cleared with `None`.
    ///
    /// # Errors
    ///
    /// When the data set is unknown, or it has no such source.
    pub fn force(&self, dataset: &DatasetId, source: Option<&str>) -> Result<(), Error> {
        self.change(|routes| {
            if let Some(source) = source {
                self.known(routes, Some(dataset), source)?;
            }
            routes.force(dataset, source);
            Ok(())
        })
    }

    /// Closes the circuit of a source, for one data set or for all, and lifts a ban of its failure domain. Calls in flight
    /// go on, and their outcomes no longer count.
    ///
    /// # Errors
    ///
    /// When there is no such source.
    pub fn reset(&self, dataset: Option<&DatasetId>, source: &str) -> Result<(), Error> {
        let routes = self.routes_now();
        self.known(&routes, dataset, source)?;
        for (id, ranked) in
            routes.iter().flat_map(|(id, routes)| routes.iter().map(move |ranked| (id, ranked)))
        {
            if dataset.is_none_or(|dataset| dataset == id) && ranked.route.name() == source {
                let transition = ranked.route.breaker.reset();
                ranked.route.stats.reset();
                ranked.route.suspects.reset();
                let ban = &ranked.route.ban;
                if ban.time_left(self.now()).is_some() {
                    ban.lift();
                    self.telemetry.ban(ban.domain(), None);
                }
                self.telemetry.transition(id, source, transition);
            }
        }
        Ok(())
    }

    /// Replaces the routing table with a changed copy, or leaves it as it is on an error.
    fn change(&self, change: impl FnOnce(&mut Routes) -> Result<(), Error>) -> Result<(), Error> {
        let mut routes = self.routes.write().unwrap_or_else(PoisonError::into_inner);
        let mut copy = (**routes).clone();
        change(&mut copy)?;
        *routes = Arc::new(copy);
        self.changes.fetch_add(1, Relaxed);
        Ok(())
    }
}
