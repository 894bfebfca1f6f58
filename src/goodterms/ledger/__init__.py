"""What is owed and paid: customers, contacts, invoices, credit notes, payments, allocations."""
