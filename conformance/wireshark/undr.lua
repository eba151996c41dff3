-- undr.lua: the undr task protocol for Wireshark and tshark (4.0 and later): frames, the request of each answer, pickles
-- as outlines of their values. What breaks the specification by itself (framing, types, payloads, one answer for each
-- request) is an expert item with the requirement's id; `undr-check watch` judges the rest.
--
--     tshark -X lua_script:undr.lua -r FILE        or copy it to ~/.local/lib/wireshark/plugins
--
-- (As root, tshark 4.2 and later run no script: use another user.)
--
-- A connection whose client begins with a request is recognised; `-d tcp.port==N,undr` names one that is not.

local undr = Proto("undr", "undr task protocol")
local NAMES = { [0x6e] = "n, next task wanted", [0x74] = "t, task", [0x6d] = "m, message", [0x73] = "s, scheduled" }
local f = {
    type = ProtoField.uint8("undr.type", "Type", base.HEX),
    length = ProtoField.uint64("undr.length", "Length"),
    priority = ProtoField.uint8("undr.priority", "Priority"),
    payload = ProtoField.bytes("undr.payload", "Payload"),
    value = ProtoField.string("undr.value", "Value"),
    side = ProtoField.string("undr.from", "From"),
    request = ProtoField.framenum("undr.request_in", "Answers the request in", base.NONE, frametype.REQUEST),
    answer = ProtoField.framenum("undr.answer_in", "Answered in", base.NONE, frametype.RESPONSE),
}
undr.fields = { f.type, f.length, f.priority, f.payload, f.value, f.side, f.request, f.answer }

local broken = {}
local function rule(id, sentence)
    local name = "undr." .. id:lower():gsub("-", "_")
    broken[id] = ProtoExpert.new(name, id .. ": " .. sentence, expert.group.PROTOCOL, expert.severity.ERROR)
end
rule("FRAME-1", "a header announces more bytes than any memory has")
rule("REQ-1", "the answer does not belong to the oldest request")
rule("REQ-2", "the manager sent what answers no request")
rule("REQ-4", "no client sends a frame of this type")
rule("REQ-5", "`n` or `t` with a payload")
rule("NEXT-1", "`n` and `t` are answered with `t`, and with nothing else")
rule("MSG-1", "`m` is acknowledged with an empty `m`, and with nothing else")
rule("MSG-3", "`m` without a pickle")
rule("SCHED-1", "a task that is scheduled is acknowledged with an empty `s`, and with nothing else")
rule("SCHED-12", "None or CloseRequest is scheduled as a task")
local experts = {}
for _, one in pairs(broken) do experts[#experts + 1] = one end
undr.experts = experts

local tcp_stream, tcp_seq, tcp_next = Field.new("tcp.stream"), Field.new("tcp.seq"), Field.new("tcp.nxtseq")
local tcp_syn, tcp_ack = Field.new("tcp.flags.syn"), Field.new("tcp.flags.ack")
local tcp_lost, tcp_unseen = Field.new("tcp.analysis.lost_segment"), Field.new("tcp.analysis.ack_lost_segment")
local unpack = table.unpack or unpack
local HEADER, READ, SHOWN, DEEPEST = 9, 2 ^ 20, 200, 8
local JOINED, LONGEST = 2 ^ 30, 2 ^ 48 -- bytes of payload: as much as is joined here; more than any memory has

---- pickles: what a value is, roughly ----

local function clean(bytes)
    return (bytes:sub(1, SHOWN):gsub("[%c\128-\255]", function(c) return ("\\x%02x"):format(c:byte()) end))
end
local function leaf(text) return { text = clean(text) } end
local function node(open, close, kids) return { open = open, close = close, kids = kids or {} } end
local function dict(kids) return { open = "{", close = "}", kids = kids, pairs = true } end
local function quoted(bytes, letter)
    return { text = letter .. "'" .. clean((bytes:sub(1, SHOWN):gsub("['\\]", "\\%0"))) .. "'" }
end

-- Reads a pickle, and executes nothing. Nil and a reason: it is none; nil alone: nobody knows here.
local function read_pickle(raw)
    local at, stack, marks, memo, count = 1, {}, {}, {}, 0
    local why
    local function error(text) -- of the pickle; a mistake of this file has another text, and is nobody's
        why = text
        _G.error(text, 0)
    end
    local function unsure() _G.error("undecided", 0) end -- a reader may have reasons of its own to refuse it
    local function take(size)
        if size > #raw - at + 1 then error("it ends before its STOP") end
        at = at + size
        return raw:sub(at - size, at - 1)
    end
    local function number(size)
        local value, bytes = 0, take(size)
        for i = size, 1, -1 do value = value * 256 + bytes:byte(i) end
        return value
    end
    local function line()
        local finish = raw:find("\n", at, true)
        if not finish then error("it ends before its STOP") end
        local text = raw:sub(at, finish - 1)
        at = finish + 1
        return text
    end
    local function digits() -- of a line; others are refused for another reason (`unsure`)
        local text = line()
        return tonumber(text) and text or unsure()
    end
    local function push(value) stack[#stack + 1] = value end
    local function pop() return table.remove(stack) or error("an opcode finds too few values") end
    local function popped(number_of)
        local kids = {}
        for i = number_of, 1, -1 do kids[i] = pop() end
        return kids
    end
    local function marked() return popped(#stack - (table.remove(marks) or error("an opcode finds too few values"))) end
    local function add(kids, open)
        local to = stack[#stack] or error("an opcode finds too few values")
        if not to.kids or (to.open ~= open and not to.class) then unsure() end
        for _, kid in ipairs(kids) do to.kids[#to.kids + 1] = kid end
    end
    local function class(module, name) push({ text = clean(module .. "." .. name), class = module .. "." .. name }) end
    local function call(arguments, what)
        if arguments.open ~= "(" or not what.class then unsure() end
        push({ open = (what.text or "?") .. "(", close = ")", kids = { unpack(arguments.kids) }, class = what.class })
    end
    local function whole(size) push(leaf(("%.0f"):format(number(size)))) end
    local function text(size, letter) push(quoted(take(number(size)), letter)) end
    local function long(size)
        local bytes = take(number(size))
        push(leaf(#bytes == 0 and "0" or "int of " .. #bytes .. " bytes"))
    end
    local ops = {
        [0x80] = function() if number(1) > 5 then unsure() end end, [0x95] = function() take(8) end,
        N = function() push(leaf("None")) end, [0x88] = function() push(leaf("True")) end, [0x89] = function() push(leaf("False")) end,
        K = function() whole(1) end, M = function() whole(2) end,
        J = function() local n = number(4) push(leaf(("%.0f"):format(n >= 2 ^ 31 and n - 2 ^ 32 or n))) end,
        [0x8a] = function() long(1) end, [0x8b] = function() long(4) end,
        I = function() local t = digits() push(leaf(t == "01" and "True" or t == "00" and "False" or t)) end,
        L = function() push(leaf((line():gsub("L$", "")))) end, F = function() push(leaf(digits())) end,
        G = function() push(leaf(tostring(Struct.unpack(">d", take(8))))) end,
        U = function() text(1, "") end, T = function() text(4, "") end, S = function() push(leaf(line())) end,
        X = function() text(4, "") end, [0x8c] = function() text(1, "") end, [0x8d] = function() text(8, "") end,
        V = function() push(quoted(line(), "")) end,
        C = function() text(1, "b") end, B = function() text(4, "b") end, [0x8e] = function() text(8, "b") end,
        [0x96] = function() text(8, "bytearray ") end,
        ["]"] = function() push(node("[", "]")) end, [")"] = function() push(node("(", ")")) end,
        ["}"] = function() push(dict({})) end, [0x8f] = function() push(node("{", "}")) end,
        ["("] = function() marks[#marks + 1] = #stack end,
        l = function() push(node("[", "]", marked())) end, t = function() push(node("(", ")", marked())) end,
        d = function() push(dict(marked())) end, [0x91] = function() push(node("frozenset(", ")", marked())) end,
        [0x85] = function() push(node("(", ")", popped(1))) end, [0x86] = function() push(node("(", ")", popped(2))) end,
        [0x87] = function() push(node("(", ")", popped(3))) end,
        a = function() add(popped(1), "[") end, s = function() add(popped(2), "{") end,
        e = function() add(marked(), "[") end, u = function() add(marked(), "{") end, [0x90] = function() add(marked(), "{") end,
        c = function() class(line(), line()) end,
        [0x93] = function()
            local names = popped(2)
            class((names[1].text or "?"):gsub("'", ""), ((names[2].text or "?"):gsub("'", "")))
        end,
        i = function() local kids = marked() class(line(), line()) call(node("(", ")", kids), pop()) end,
        o = function() local kids = marked() call(node("(", ")", kids), table.remove(kids, 1) or error("an opcode finds too few values")) end,
        [0x81] = function() local two = popped(2) call(two[2], two[1]) end, R = function() local two = popped(2) call(two[2], two[1]) end,
        [0x92] = function() local three = popped(3) call(three[2], three[1]) end,
        b = function() local state = pop() add({ state }, nil) end,
        p = function() memo[digits()] = stack[#stack] end, q = function() memo[tostring(number(1))] = stack[#stack] end,
        r = function() memo[("%.0f"):format(number(4))] = stack[#stack] end,
        [0x94] = function() memo[tostring(count)] = stack[#stack] count = count + 1 end,
        g = function() push(memo[digits()] or error("an entry that was never stored")) end, h = function() push(memo[tostring(number(1))] or error("an entry that was never stored")) end,
        j = function() push(memo[("%.0f"):format(number(4))] or error("an entry that was never stored")) end,
        ["0"] = function() if marks[#marks] == #stack then marks[#marks] = nil else pop() end end, ["1"] = function() marked() end, ["2"] = function() push(stack[#stack] or error("an opcode finds too few values")) end,
        P = function() push(leaf("persistent " .. line())) end, Q = function() push(leaf("persistent " .. (pop().text or "?"))) end,
        [0x82] = function() whole(1) end, [0x83] = function() whole(2) end, [0x84] = function() whole(4) end,
        [0x97] = function() push(leaf("buffer")) end, [0x98] = function() end,
    }
    local read = pcall(function()
        while true do
            local code = take(1)
            if code == "." then return end -- bytes behind it are ignored (MSG-5)
            local op = ops[code] or ops[code:byte()]
            if not op then error("not an opcode") end
            op()
        end
    end)
    if read and #stack == 0 then return nil, "an opcode finds too few values" end
    return read and stack[#stack] or nil, why
end

local function outline(value, depth, left)
    if value.text then return value.text end
    local parts, used = {}, 0
    for i, kid in ipairs(value.kids) do
        if depth > DEEPEST or used > left then
            parts[#parts + 1] = "..."
            break
        end
        local part = outline(kid, depth + 1, left - used)
        parts[#parts + 1], used = part .. (value.pairs and i % 2 == 1 and ": " or ", "), used + #part + 2
    end
    local single = value.open == "(" and #parts == 1 -- a tuple of one
    return value.open .. (single and parts[1]:sub(1, -2) or table.concat(parts):gsub(", $", "")) .. value.close
end

local function add_value(tree, value, range, depth, budget)
    local branch = tree:add(f.value, range, outline(value, 0, SHOWN)):set_generated()
    budget.left = budget.left - 1
    for _, kid in ipairs(depth < DEEPEST and value.kids or {}) do
        if budget.left > 0 then add_value(branch, kid, range, depth + 1, budget) end
    end
end

---- connections ----

local streams, frames = {}, {} -- by the number of the TCP stream; by the place of a frame

function undr.init() streams, frames = {}, {} end

local function sender(pinfo) return tostring(pinfo.src) .. " " .. pinfo.src_port end
local function receiver(pinfo) return tostring(pinfo.dst) .. " " .. pinfo.dst_port end

local function stream_of(pinfo)
    local number = tostring(tcp_stream() and tcp_stream().value)
    streams[number] = streams[number] or { waiting = {}, segments = {}, lost = true } -- until its first packet is seen
    return streams[number]
end

-- Whose it is, when the beginning of the connection was not seen.
local function is_clients(type, size)
    if type == 0x74 then return size == 0 end
    if type == 0x6d then return size > 0 end
    return type ~= 0x73
end

local function breach_of(type, size, value, no_pickle)
    if type == 0x6e or type == 0x74 then return size > 0 and "REQ-5" or nil end
    if type == 0x6d then return (size == 0 or no_pickle) and "MSG-3" or nil end
    if type < 0x80 then return "REQ-4" end
    local never = value and (value.text == "None" or (value.class == "undr.task.CloseRequest" and value.kids))
    return never and "SCHED-12" or nil
end

local function due_to(type) -- the type of the answer, and what a wrong one breaks
    if type == 0x6d then return 0x6d, "MSG-1" end
    if type >= 0x80 then return 0x73, "SCHED-1" end
    return 0x74, "NEXT-1"
end

local function judge_answer(stream, made, type, size)
    local request = table.remove(stream.waiting, 1)
    if not request then
        made.broken, stream.spoiled = "REQ-2", true
        return
    end
    made.request, request.answer = request.number, made.number
    local due, id = due_to(request.type)
    if request.broken and request.broken ~= "SCHED-12" then
        made.broken, made.text = request.broken, request.broken .. ": a violation was answered"
    elseif type ~= due or (size > 0 and due ~= 0x74) then
        made.broken = id
        for i = 1, #stream.waiting do -- another order?
            made.broken = due_to(stream.waiting[i].type) == type and "REQ-1" or made.broken
        end
    end
    stream.spoiled = made.broken ~= nil
end

-- A frame, the first time that it is seen.
local function judge(stream, made, type, size, value, no_pickle)
    if made.client then
        made.broken = breach_of(type, size, value, no_pickle)
        stream.waiting[#stream.waiting + 1] = made
    elseif not stream.spoiled then
        judge_answer(stream, made, type, size)
    end
end

local function describe(type, value)
    local word = NAMES[type] and string.char(type) or ("0x%02x"):format(type)
    return value and word .. " " .. outline(value, 0, 60) or word
end

---- dissection ----

local function dissect_frame(tvb, pinfo, root)
    local type, size = tvb(0, 1):uint(), tvb(1, 8):le_uint64():tonumber()
    local stream, long = stream_of(pinfo), size >= JOINED
    local range = not long and size > 0 and tvb:len() >= HEADER + size and tvb(HEADER, size) or nil
    local value, why
    if range and size <= READ then value, why = read_pickle(range:raw()) end
    local key = table.concat({ pinfo.number, tvb:offset(), tvb:len(), sender(pinfo) }, ":")
    local made = frames[key]
    if not made then
        stream.client = stream.client or (is_clients(type, size) and sender(pinfo) or receiver(pinfo))
        made = { number = pinfo.number, type = type, client = sender(pinfo) == stream.client }
        frames[key] = made
        if long then -- where the next frame begins is not known any more
            made.broken, stream.lost = not stream.lost and size >= LONGEST and "FRAME-1" or nil, true
        elseif not stream.lost then
            judge(stream, made, type, size, value, why ~= nil)
        end
    end
    local tree = root:add(undr, tvb(), "undr: " .. describe(type, value))
    tree:add(f.type, tvb(0, 1)):append_text(" (" .. (NAMES[type] or type >= 0x80 and "schedule" or "unknown") .. ")")
    tree:add_le(f.length, tvb(1, 8))
    if type >= 0x80 then tree:add(f.priority, tvb(0, 1), type - 0x80) end
    tree:add(f.side, made.client and "client" or "manager"):set_generated()
    if range then tree:add(f.payload, range) end
    if value then add_value(tree, value, range, 0, { left = 100 }) end
    if made.request then tree:add(f.request, made.request):set_generated() end
    if made.answer then tree:add(f.answer, made.answer):set_generated() end
    if made.broken and made.text then
        tree:add_proto_expert_info(broken[made.broken], made.text)
    elseif made.broken then
        tree:add_proto_expert_info(broken[made.broken])
    end
    pinfo.cols.info:append(stream.shown == pinfo.number and "; " or "")
    pinfo.cols.info:append(describe(type, value))
    stream.shown = pinfo.number
    return tvb:len()
end

local function length_of(tvb, _, offset)
    local size = tvb(offset + 1, 8):le_uint64():tonumber()
    return size < JOINED and HEADER + size or tvb:len() - offset
end

-- Wireshark 4.6 takes a segment that comes again at once for one that comes late.
local function is_repeated(stream, pinfo)
    local key = table.concat({ sender(pinfo), tostring(tcp_seq()), tostring(tcp_next()) }, " ")
    stream.segments[key] = stream.segments[key] or pinfo.number
    return stream.segments[key] ~= pinfo.number
end

function undr.dissector(tvb, pinfo, root)
    local stream = stream_of(pinfo)
    if is_repeated(stream, pinfo) then return tvb:len() end
    if tcp_lost() or tcp_unseen() or tvb:reported_len() > tvb:len() then stream.lost = true end -- nothing is blamed behind bytes that were not seen
    pinfo.cols.protocol = "undr"
    if stream.shown ~= pinfo.number then pinfo.cols.info = "" end
    dissect_tcp_pdus(tvb, root, HEADER, length_of, dissect_frame)
    return tvb:len()
end

-- An `n`, or another request that this segment has whole.
local function is_ours(tvb, pinfo, root)
    if tvb:len() < HEADER then return false end
    local type, size = tvb(0, 1):uint(), tvb(1, 8):le_uint64():tonumber()
    local plain = (type == 0x6e or type == 0x74) and size == 0
    if not plain and not ((type == 0x6d or type >= 0x80) and size + HEADER == tvb:len()) then return false end
    pinfo.conversation = undr
    undr.dissector(tvb, pinfo, root)
    return true
end
undr:register_heuristic("tcp", is_ours)
DissectorTable.get("tcp.port"):add_for_decode_as(undr)

-- Who connected is the client.
local opener = Proto("undr_opener", "undr: who connected")
function opener.dissector(_, pinfo)
    if tcp_syn() and tcp_syn().value and not tcp_ack().value then
        local stream = stream_of(pinfo)
        if not stream.client then stream.client, stream.lost = sender(pinfo), false end
    end
end
register_postdissector(opener)
