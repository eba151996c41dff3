module undr-adapter

go 1.19
