#!/usr/bin/perl
# Reads TAP as prove does, and its YAML as YAML 1.2: a JSON list of files' names on standard input, a JSON list of what
# was found in each on standard output.
use strict;
use warnings;
use JSON::PP;
use TAP::Parser;
use TAP::Parser::YAMLish::Reader;
use YAML::PP;

my $json = JSON::PP->new->utf8->allow_nonref;
my @all;
for my $path (@{$json->decode(do { local $/; <STDIN> })}) {
    open my $file, '<:encoding(UTF-8)', $path or die "$path: $!";
    my $text = do { local $/; <$file> };
    my $parser = TAP::Parser->new({tap => $text});
    my @found;
    while (my $result = $parser->next) {
        my %one = (type => $result->type);
        if ($result->is_test) {
            %one = (%one, ok => $result->is_actual_ok ? 1 : 0, description => $result->description,
                directive => $result->directive, explanation => $result->explanation);
        } elsif ($result->is_yaml) {
            $one{raw} = $result->raw;
            $one{prove} = $result->data;
            (my $document = $result->raw) =~ s/^  //mg;
            $one{'1.2'} = YAML::PP->new(schema => ['Core'])->load_string("$document\n");
        } elsif ($result->is_bailout) {
            $one{explanation} = $result->explanation;
        } elsif ($result->is_comment) {
            $one{comment} = $result->comment;
        }
        push @found, \%one;
    }
    push @all, {results => \@found, errors => [$parser->parse_errors]};
}
print $json->encode(\@all);
