//! The program's commands, driven as scripts do: one test binary, a module a command or promise.

mod audit;
mod binary;
mod compare;
mod embeddings;
mod enhancers;
mod evaluate;
mod fine_tune;
mod import;
mod inputs;
mod models;
mod mutagenesis;
mod pairs;
mod program;
mod protocols;
mod replicas;
mod resume;
mod tracks;
mod tutorial;
mod variant_options;
mod variants;
mod variants_tables;
mod zoo;
mod zoo_tracks;
